import{a}from"./chunk-MVFUAZIC.js";import"./chunk-ZV5WIRLY.js";import"./chunk-IRBRRL2P.js";import"./chunk-GVDKKD5T.js";import"./chunk-Q2WTKXWP.js";export{a as default};
