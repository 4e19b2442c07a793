/** Where standalone keeps the operator's token, below its data folder. */
export const operatorTokenPath = 'operator/token';
