// Shell: what is around every page, and who may see it.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';

import { isConnected, listenForChanges, onConnection } from '../api/live';
import { isSignedIn, sessionQuery, signOut, type User } from '../api/session';
import { Leave, Mark, Moon, Search, Sun } from '../parts/icons';
import { Notices, notifyFailure } from '../parts/notices';
import { Awaited } from '../parts/trouble';
import { SignIn } from './sign-in';
import { chooseMode, useDark } from './theme';

/** Shows the page that was asked for, once somebody has signed in where that is needed. */
export function Shell() {
  const { data: session, error, refetch } = useQuery(sessionQuery());
  const client = useQueryClient();
  const isIn = session !== undefined && isSignedIn(session);
  const [hasBegun, setBegun] = useState(false);
  useEffect(() => {
    if (!isIn) return;
    setBegun(true);
    return listenForChanges(client);
  }, [client, isIn]);
  if (!session) return error ? <Awaited what="the console" error={error} retry={() => void refetch()} /> : null;
  if (!isIn && !hasBegun) {
    return (
      <main className="sign-in-page">
        <SignIn />
      </main>
    );
  }
  return (
    <>
      <Frame user={session.user ?? undefined} />
      {!isIn && <SignInAgain />}
    </>
  );
}

/** Above the page, which keeps what was written on it. */
function SignInAgain() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sign-in-again" aria-label="Sign in again" onCancel={(event) => event.preventDefault()}>
      <SignIn isAgain />
    </dialog>
  );
}

function Frame({ user }: { user?: User }) {
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <Link to="/machines" className="brand" aria-label="Stepwell, state machines">
          <Mark />
          <span>Stepwell</span>
        </Link>
        <nav aria-label="Main" className="nav">
          <Link to="/machines" activeOptions={{ exact: false }}>
            State machines
          </Link>
          <Link to="/executions">Executions</Link>
          <Link to="/activities">Activities</Link>
        </nav>
        <QuickSearch />
        <Liveness />
        <ModeSwitch />
        {user && <Account user={user} />}
      </header>
      <Notices />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Account({ user }: { user: User }) {
  const mutation = useMutation({ mutationFn: signOut, onError: notifyFailure });
  return (
    <span className="account">
      <span title={`${user.arn}, with the key ${user.accessKeyId}`}>{user.name}</span>
      <button type="button" className="icon-button" aria-label="Sign out" title="Sign out" onClick={() => mutation.mutate()}>
        <Leave />
      </button>
    </span>
  );
}

function QuickSearch() {
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  return (
    <form
      className="quick"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = field.current?.value.trim() ?? '';
        if (/^arn:[^:]*:states:[^:]*:[^:]*:(execution|express):/.test(text)) {
          void navigate({ to: '/executions/$arn', params: { arn: text }, search: {} });
        } else if (/^arn:[^:]*:states:[^:]*:[^:]*:stateMachine:/.test(text)) {
          void navigate({ to: '/machines/$arn', params: { arn: text }, search: {} });
        } else {
          void navigate({ to: '/executions', search: { q: text || undefined } });
        }
      }}
    >
      <Search />
      <input
        ref={field}
        type="search"
        placeholder="Find an execution by name or ARN"
        aria-label="Find an execution by name or ARN"
        aria-keyshortcuts="/"
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

/** Whether changes are shown as they happen. */
function Liveness() {
  const isLive = useSyncExternalStore(onConnection, isConnected);
  return (
    <span className={isLive ? 'live on' : 'live'} role="status" title={isLive ? 'Changes show at once' : 'Waiting for the server'}>
      <i aria-hidden="true" />
      {isLive ? 'Live' : 'Offline'}
    </span>
  );
}

function ModeSwitch() {
  const isDark = useDark();
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={isDark ? 'Light mode' : 'Dark mode'}
      title={isDark ? 'Light mode' : 'Dark mode'}
      onClick={() => chooseMode(!isDark)}
    >
      {isDark ? <Sun /> : <Moon />}
    </button>
  );
}
