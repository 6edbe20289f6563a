/** One's own account: API keys for scripts, and the password for this page. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { ApiError } from "../../api/client";
import { apiKeysQuery, change } from "../../api/queries";
import type { ApiKey, NewApiKey } from "../../api/types";
import { Button } from "../../kit/Button";
import { Check } from "../../kit/Check";
import { Badge } from "../../kit/Chip";
import { CodeBlock } from "../../kit/Copyable";
import { Field } from "../../kit/Field";
import { ago, at } from "../../kit/format";
import { Select } from "../../kit/Select";
import { lettersAct, setLettersAct } from "../../kit/shortcuts";
import { ErrorState, Skeleton } from "../../kit/states";
import { chooseTheme, chosenTheme, type ThemeChoice, useTheme } from "../../kit/theme";
import { toast } from "../../kit/toast";
import styles from "./account.module.css";

export function Settings() {
  return (
    <div className={styles.settings}>
      <h1 className={styles.heading}>Settings</h1>
      <Appearance />
      <Keys />
      <Password />
    </div>
  );
}

const THEMES: Record<ThemeChoice, string> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

/** What this browser shows; nothing of it is kept at the server. */
function Appearance() {
  useTheme(); // told anew when it is switched elsewhere on the page
  const [letters, setLetters] = useState(lettersAct());
  return (
    <section className={styles.section} aria-labelledby="appearance-title">
      <h2 id="appearance-title">Appearance</h2>
      <Select
        label="Theme"
        value={chosenTheme()}
        options={Object.entries(THEMES).map(([value, label]) => ({ value, label }))}
        onChange={(choice) => chooseTheme(choice as ThemeChoice)}
      />
      <Check
        value={letters}
        onChange={(on) => {
          setLettersAct(on);
          setLetters(on);
        }}
      >
        Single letters act: f, p, j, k and others; ? shows them
      </Check>
    </section>
  );
}

function Keys() {
  const keys = useQuery(apiKeysQuery);
  const client = useQueryClient();
  const [name, setName] = useState("");
  const again = () => client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
  const create = useMutation<NewApiKey, ApiError>({
    mutationFn: () => change.createKey(name, "write"),
    onSuccess: () => {
      setName("");
      void again();
    },
  });
  const revoke = useMutation<unknown, ApiError, ApiKey>({
    mutationFn: (key) => change.deleteKey(key.id),
    onSuccess: (_, key) => {
      toast(`Revoked “${key.name}”`);
      void again();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <section className={styles.section} aria-labelledby="keys-title">
      <h2 id="keys-title">API keys</h2>
      <form className={styles.line} onSubmit={submit}>
        <Field
          label="Name of a new key"
          labelled
          placeholder="laptop"
          required
          maxLength={64}
          value={name}
          wrong={create.error?.message}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" variant="primary" disabled={create.isPending}>
          Create key
        </Button>
      </form>
      {create.data && (
        <div>
          <p className={styles.note}>Copy it now: it is shown this once.</p>
          <CodeBlock
            label="command"
            code={`wanllmdb login --host ${location.origin} --key ${create.data.key}`}
          />
        </div>
      )}
      {keys.isPending && <Skeleton height={28} lines={3} />}
      {keys.error && <ErrorState error={keys.error} retry={keys.refetch} />}
      {keys.data && keys.data.items.length > 0 && (
        <KeyTable keys={keys.data.items} onRevoke={(key) => revoke.mutate(key)} />
      )}
    </section>
  );
}

function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const now = Date.now();
  return (
    <table className={styles.keys}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Key</th>
          <th scope="col">May</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span className="hidden-text">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <td>{key.name}</td>
            <td>
              <code>{key.hint}</code>
            </td>
            <td>
              <Badge>{key.scope}</Badge>
            </td>
            <td title={key.last_used_at ? at(key.last_used_at) : undefined}>
              {key.last_used_at ? ago(key.last_used_at, now) : "never"}
            </td>
            <td>
              <Button
                size="small"
                variant="danger"
                aria-label={`Revoke ${key.name}`}
                onClick={() => onRevoke(key)}
              >
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = useMutation<unknown, ApiError>({
    mutationFn: () => change.password(current, next),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      toast("The password is changed; other sessions have ended.");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <section className={styles.section} aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Current password (empty if there is none yet)"
          labelled
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <Field
          label="New password, at least 12 characters"
          labelled
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          value={next}
          wrong={save.error?.message}
          onChange={(event) => setNext(event.target.value)}
        />
        <div>
          <Button type="submit" variant="outline" disabled={save.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </section>
  );
}
