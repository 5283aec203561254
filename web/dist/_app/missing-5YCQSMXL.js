import{_a as a}from"./chunk-SAJT2F3Y.js";import"./chunk-Q2WTKXWP.js";export{a as default};
