// What an execution would have cost on AWS: list prices of us-east-1, without the free tier and the tasks' own costs.

const STANDARD_PER_TRANSITION = 0.025 / 1000;
const EXPRESS_PER_REQUEST = 1 / 1_000_000;
const EXPRESS_PER_GIGABYTE_SECOND = 0.00001667;
/** Memory is counted in steps of 64 MB; what an execution takes is not known, so the least. */
const EXPRESS_GIGABYTES = 64 / 1024;
const EXPRESS_MILLIS_STEP = 100;

export function standardCost(transitions: number): number {
  return transitions * STANDARD_PER_TRANSITION;
}

export function expressCost(millis: number): number {
  const billed = Math.ceil(Math.max(millis, 1) / EXPRESS_MILLIS_STEP) * EXPRESS_MILLIS_STEP;
  return EXPRESS_PER_REQUEST + (billed / 1000) * EXPRESS_GIGABYTES * EXPRESS_PER_GIGABYTE_SECOND;
}

/** Dollars, with as many digits as small amounts need. */
export function costText(dollars: number): string {
  if (dollars === 0) return '$0';
  if (dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  return `$${dollars.toFixed(Math.min(10, 1 - Math.floor(Math.log10(dollars))))}`;
}
