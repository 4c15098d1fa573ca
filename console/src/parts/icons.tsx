// Icons: drawn here, one stroke width, in the colour of the text around them.

import type { ReactNode } from 'react';

function icon(paths: ReactNode) {
  return function Icon() {
    return (
      <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        {paths}
      </svg>
    );
  };
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect width="32" height="32" rx="7" className="mark-ground" />
      <path d="M5 8h5v4h3v4h6v-4h3V8h5v5h-3v4h-3v4h-3v4h-4v-4h-3v-4H8v-4H5z" className="mark-steps" />
    </svg>
  );
}

export const Search = icon(<><circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 3.5 3.5" /></>);
export const Sun = icon(<><circle cx="8" cy="8" r="2.75" /><path d="M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" /></>);
export const Moon = icon(<path d="M13.5 9.5A5.75 5.75 0 0 1 6.5 2.5a5.75 5.75 0 1 0 7 7Z" />);
export const Copy = icon(<><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 5.5v-2A1.5 1.5 0 0 0 9 2H3.500A1.5 1.5 0 0 0 2 3.500V9a1.5 1.5 0 0 0 1.5 1.500h2" /></>);
export const Check = icon(<path d="m3 8.5 3.25 3.250L13 5" />);
export const Terminal = icon(<path d="m3 4.5 3.5 3.500L3 11.500M8.5 12h4.5" />);
export const Close = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const Chevron = icon(<path d="m6 4 4 4-4 4" />);
export const Fit = icon(<path d="M2.5 6V2.500H6M10 2.500h3.500V6M13.5 10v3.500H10M6 13.500H2.500V10" />);
export const Plus = icon(<path d="M8 3v10M3 8h10" />);
export const Minus = icon(<path d="M3 8h10" />);
export const Turn = icon(<><rect x="5.5" y="1.5" width="5" height="3.5" rx="1" /><rect x="5.5" y="11" width="5" height="3.5" rx="1" /><path d="M8 5v6" /></>);
export const Save = icon(<path d="M8 2.500v7m0 0L5 6.500m3 3 3-3M2.5 11.500v2h11v-2" />);
export const Retry = icon(<><path d="M13 5.500A5.5 5.5 0 1 0 13.5 8" /><path d="M13.5 2.500v3h-3" /></>);
export const Leave = icon(<path d="M9.500 2.500h-6v11h6M6.500 8h7m0 0-2.500-2.500M13.500 8 11 10.500" />);
export const Shield = icon(<path d="M8 1.75 3 3.500v4c0 3.25 2 5.5 5 6.75 3-1.25 5-3.5 5-6.750v-4z" />);
export const Trash = icon(<path d="M2.5 4.500h11M6 4.500v-2h4v2M4 4.500l.75 9h6.5l.75-9M6.5 7.250v3.500M9.5 7.250v3.500" />);
export const Back = icon(<path d="M6 3 2.5 6.500 6 10M2.5 6.500h7a4 4 0 0 1 0 8H6" />);
export const Forth = icon(<path d="m10 3 3.5 3.500L10 10M13.5 6.500h-7a4 4 0 0 0 0 8H10" />);
