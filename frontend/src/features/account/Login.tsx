/** Sign-in: by name and password, or by the one-time address that the server printed. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { ApiError } from "../../api/client";
import { change, meQuery, queryClient } from "../../api/queries";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { Logo } from "../../kit/marks";
import { safeNext } from "../../paths";
import styles from "./account.module.css";

/** In words what a refused sign-in means. */
export function refusal(error: ApiError): string {
  if (error.status === 401) return "This name and password or key do not belong together.";
  if (error.status === 410) return "This sign-in address was used before or is too old.";
  if (error.status === 429) {
    return `Too many attempts. Try again in ${error.retryAfter ?? 60} seconds.`;
  }
  return error.message;
}

/** Whoever is signed in already needs no token: an address opened twice still opens the page. */
async function stillSignedIn(refused: unknown): Promise<unknown> {
  return queryClient.fetchQuery({ ...meQuery, staleTime: 0 }).catch(() => Promise.reject(refused));
}

export function Login() {
  const { next, token } = useSearch({ strict: false });
  const router = useRouter();
  const client = useQueryClient();
  const signIn = useMutation<unknown, ApiError, () => Promise<unknown>>({
    mutationFn: (act) => act(),
    onSuccess: async () => {
      client.clear();
      router.history.replace(safeNext(next));
    },
  });

  const used = useRef(false);
  const { mutate } = signIn;
  useEffect(() => {
    if (!token || used.current) return;
    used.current = true; // a one-time token is sent once
    mutate(() => change.signInOnce(token).catch(stillSignedIn));
  }, [token, mutate]);

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo />
        <h1 className={styles.title}>Sign in to wanLLMDB</h1>
        {token && signIn.isPending ? (
          <p role="status">Signing you in…</p>
        ) : (
          <PasswordForm
            busy={signIn.isPending}
            error={signIn.error ? refusal(signIn.error) : null}
            onSubmit={(name, password) => mutate(() => change.signIn(name, password))}
          />
        )}
      </div>
    </main>
  );
}

interface PasswordFormProps {
  busy: boolean;
  error: string | null;
  onSubmit: (name: string, password: string) => void;
}

function PasswordForm({ busy, error, onSubmit }: PasswordFormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(name, password);
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label="User name"
        labelled
        name="username"
        autoComplete="username"
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label="Password or API key"
        labelled
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {error && (
        <p role="alert" className={styles.refused}>
          {error}
        </p>
      )}
      <Button type="submit" variant="primary" disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </Button>
      <p className={styles.note}>
        No password yet? Sign in with an API key, or open the sign-in address that the server
        printed when it started.
      </p>
    </form>
  );
}
