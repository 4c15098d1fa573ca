// Routes: what is on the screen is in the address.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';

import { Shell } from './shell';
import { Lost } from './lost';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** A place in an order that begins at 1. */
const place = (value: unknown): number | undefined => {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
};

const oneOf = <T extends string>(value: unknown, options: readonly T[]): T | undefined =>
  options.find((option) => option === value);

const root = createRootRoute({ component: Shell, notFoundComponent: Lost });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/machines', search: {} });
  },
});

/** A list with a filter, and its page from 1. */
export interface ListSearch {
  q?: string;
  page?: number;
}

const listSearch = (search: Record<string, unknown>): ListSearch => ({ q: text(search.q), page: place(search.page) });

export const machinesRoute = createRoute({
  getParentRoute: () => root,
  path: '/machines',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('../pages/machines'), 'Machines'),
});

export const EDITOR_VIEWS = ['design', 'code'] as const;

export interface EditorSearch {
  view?: (typeof EDITOR_VIEWS)[number];
  /** The chosen state. */
  state?: string;
}

const editorSearch = (search: Record<string, unknown>): EditorSearch => ({ view: oneOf(search.view, EDITOR_VIEWS), state: text(search.state) });

export const newMachineRoute = createRoute({
  getParentRoute: () => root,
  path: '/new-machine',
  validateSearch: editorSearch,
  component: lazyRouteComponent(() => import('../pages/machine-editor'), 'NewMachine'),
});

export const MACHINE_TABS = ['executions', 'definition', 'versions', 'settings'] as const;
export const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;

export interface MachineSearch {
  tab?: (typeof MACHINE_TABS)[number];
  status?: (typeof STATUSES)[number];
  q?: string;
  since?: string;
  until?: string;
  /** The ARN of a version or an alias whose executions are shown. */
  of?: string;
  /** The state that is shown of the definition. */
  state?: string;
  /** The page of the versions. */
  page?: number;
}

export const machineRoute = createRoute({
  getParentRoute: () => root,
  path: '/machines/$arn',
  validateSearch: (search): MachineSearch => ({
    tab: oneOf(search.tab, MACHINE_TABS),
    status: oneOf(search.status, STATUSES),
    q: text(search.q),
    since: text(search.since),
    until: text(search.until),
    of: text(search.of),
    state: text(search.state),
    page: place(search.page),
  }),
  component: lazyRouteComponent(() => import('../pages/machine'), 'MachinePage'),
});

export const editMachineRoute = createRoute({
  getParentRoute: () => root,
  path: '/machines/$arn/edit',
  validateSearch: editorSearch,
  component: lazyRouteComponent(() => import('../pages/machine-editor'), 'EditMachine'),
});

export const EXECUTION_VIEWS = ['graph', 'table', 'events', 'data'] as const;
export const STEP_TABS = ['data', 'details', 'attempts', 'definition', 'events', 'logs'] as const;

export interface ExecutionSearch {
  view?: (typeof EXECUTION_VIEWS)[number];
  /** The event that entered the chosen step. */
  step?: number;
  /** The chosen state, where it was not entered. */
  state?: string;
  tab?: (typeof STEP_TABS)[number];
  /** Which iterations are shown: `Map state's step:iteration`, joined by commas. */
  at?: string;
  q?: string;
  /** How events are ordered; the oldest first without it. */
  order?: 'newest';
}

export const executionRoute = createRoute({
  getParentRoute: () => root,
  path: '/executions/$arn',
  validateSearch: (search): ExecutionSearch => ({
    view: oneOf(search.view, EXECUTION_VIEWS),
    step: place(search.step),
    state: text(search.state),
    tab: oneOf(search.tab, STEP_TABS),
    at: text(search.at),
    q: text(search.q),
    order: oneOf(search.order, ['newest']),
  }),
  component: lazyRouteComponent(() => import('../pages/execution'), 'ExecutionPage'),
});

export interface SearchSearch {
  q?: string;
  machine?: string;
  status?: (typeof STATUSES)[number];
  since?: string;
  until?: string;
  error?: string;
}

export const searchRoute = createRoute({
  getParentRoute: () => root,
  path: '/executions',
  validateSearch: (search): SearchSearch => ({
    q: text(search.q),
    machine: text(search.machine),
    status: oneOf(search.status, STATUSES),
    since: text(search.since),
    until: text(search.until),
    error: text(search.error),
  }),
  component: lazyRouteComponent(() => import('../pages/search'), 'SearchPage'),
});

export const activitiesRoute = createRoute({
  getParentRoute: () => root,
  path: '/activities',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('../pages/activities'), 'Activities'),
});

export const mapRunRoute = createRoute({
  getParentRoute: () => root,
  path: '/map-runs/$arn',
  validateSearch: (search): { status?: (typeof STATUSES)[number] } => ({ status: oneOf(search.status, STATUSES) }),
  component: lazyRouteComponent(() => import('../pages/map-run'), 'MapRunPage'),
});

const tree = root.addChildren([
  home,
  machinesRoute,
  newMachineRoute,
  machineRoute,
  editMachineRoute,
  searchRoute,
  executionRoute,
  activitiesRoute,
  mapRunRoute,
]);

export const router = createRouter({
  routeTree: tree,
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
  pathParamsAllowedCharacters: [':', '@', '+'],
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
