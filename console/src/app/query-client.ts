// Answers that are kept, and when they are asked for again.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { ApiError } from '../api/client';
import { noteRefusal } from '../api/session';

const onError = (error: unknown): void => noteRefusal(queryClient, error);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // Changes are told by the server; what it forgets to tell is seen again after a while.
      staleTime: 15_000,
      gcTime: 120_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 2,
    },
  },
});
