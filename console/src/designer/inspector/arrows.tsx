// Arrows: up and down, for what is moved in a list.

import { Chevron } from '../../parts/icons';

export const Up = () => (
  <span className="turned up">
    <Chevron />
  </span>
);

export const Down = () => (
  <span className="turned down">
    <Chevron />
  </span>
);
