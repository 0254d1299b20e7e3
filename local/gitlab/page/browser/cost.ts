/** `$0.0024`: a job costs parts of a cent. */
export const usd = (amount: number): string => `$${amount.toFixed(4)}`;
