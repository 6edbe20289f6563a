/** Where one is, what runs, search, theme and account. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { KeyRound, LogOut, Moon, Search, Sun } from "lucide-react";
import { change, meQuery, projectQuery, runQuery } from "../../api/queries";
import { IconButton } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { count } from "../../kit/format";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { Logo } from "../../kit/marks";
import { toggleTheme, useTheme } from "../../kit/theme";
import { type ProjectPlace, paths } from "../../paths";
import { ConnectionBar } from "./ConnectionBar";
import styles from "./Shell.module.css";

interface TopBarProps {
  place: ProjectPlace | null;
  onSearch: () => void;
}

export function TopBar({ place, onSearch }: TopBarProps) {
  const theme = useTheme();
  return (
    <header className={styles.bar}>
      <Link {...paths.projects()} className={styles.logo} aria-label="All projects">
        <Logo />
      </Link>
      <Crumbs place={place} />
      {place && <Running place={place} />}
      <ConnectionBar />
      <button type="button" className={styles.search} onClick={onSearch}>
        <Search size={15} aria-hidden />
        <span>Search runs, metrics, pages</span>
        <kbd aria-hidden>⌘K</kbd>
      </button>
      <IconButton label="Light or dark" hint="Alt M" onClick={toggleTheme}>
        {theme === "dark" ? <Sun size={17} aria-hidden /> : <Moon size={17} aria-hidden />}
      </IconButton>
      <Account />
    </header>
  );
}

function Crumbs({ place }: { place: ProjectPlace | null }) {
  const { run } = useParams({ strict: false });
  return (
    <nav className={styles.crumbs} aria-label="Breadcrumb">
      <ol>
        {!place && (
          <li>
            <span aria-current="page">wanLLMDB</span>
          </li>
        )}
        {place && (
          <>
            <li>
              <Link {...paths.projects()} search={{ q: `${place.owner}/` }}>
                {place.owner}
              </Link>
            </li>
            <li>
              <Link {...paths.workspace(place)} aria-current={run ? undefined : "page"}>
                {place.project}
              </Link>
            </li>
            {run && <RunCrumb place={place} run={run} />}
          </>
        )}
      </ol>
    </nav>
  );
}

function RunCrumb({ place, run }: { place: ProjectPlace; run: string }) {
  const { data } = useQuery(runQuery(place.owner, place.project, run));
  return (
    <li>
      <span aria-current="page">{data?.name ?? run}</span>
    </li>
  );
}

function Running({ place }: { place: ProjectPlace }) {
  const { data } = useQuery(projectQuery(place.owner, place.project));
  if (!data?.running) return null;
  return (
    <Badge tone="ok">
      <span className={styles.pulse} aria-hidden />
      <span data-testid="running">{count(data.running)} running</span>
    </Badge>
  );
}

function Account() {
  const { data } = useQuery(meQuery);
  const navigate = useNavigate();
  const client = useQueryClient();
  const name = data?.user.name ?? "";
  const signOut = async () => {
    await change.signOut();
    client.clear();
    await navigate({ ...paths.login() });
  };
  const face = (
    <button
      type="button"
      className={styles.avatar}
      aria-label={`${name.slice(0, 2).toUpperCase()}, account of ${name}`}
    >
      <span aria-hidden>{name.slice(0, 2).toUpperCase()}</span>
    </button>
  );
  return (
    <Menu trigger={face} align="end">
      <MenuLabel>Signed in as {name}</MenuLabel>
      <MenuItem
        icon={<KeyRound size={15} aria-hidden />}
        onSelect={() => navigate(paths.settings())}
      >
        API keys and password
      </MenuItem>
      <MenuLine />
      <MenuItem icon={<LogOut size={15} aria-hidden />} onSelect={signOut}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
