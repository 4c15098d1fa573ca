// In hand: what is under the hand of somebody who holds the button of the mouse, or carries something, stays where it is.

import { useCallback, useEffect, useRef } from 'react';

/** Makes of a move one that is made at once or, while something is in somebody's hand, when it is let go. */
export function useOnceLetGo(move: () => void): () => void {
  const latest = useRef(move);
  latest.current = move;
  const hand = useRef({ isHolding: false, isCarrying: false, isDue: false });
  useEffect(() => {
    const state = hand.current;
    const letGo = (): void => {
      const { isDue } = state;
      Object.assign(state, { isHolding: false, isCarrying: false, isDue: false });
      if (isDue) latest.current();
    };
    const told: Record<string, () => void> = {
      pointerdown: () => (state.isHolding = true),
      dragstart: () => (state.isCarrying = true),
      // Comes when what is held begins to be carried, too.
      pointercancel: () => state.isCarrying || letGo(),
      pointerup: letGo,
      dragend: letGo,
      drop: letGo,
    };
    for (const [event, listener] of Object.entries(told)) addEventListener(event, listener, true);
    return () => {
      for (const [event, listener] of Object.entries(told)) removeEventListener(event, listener, true);
    };
  }, []);
  return useCallback(() => {
    if (hand.current.isHolding || hand.current.isCarrying) hand.current.isDue = true;
    else latest.current();
  }, []);
}
