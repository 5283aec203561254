import{a,b,c}from"./chunk-K4WW3BZ7.js";import"./chunk-2QOYHKE6.js";import"./chunk-SAJT2F3Y.js";import"./chunk-Q2WTKXWP.js";export{b as Secret,a as WebhookState,c as default};
