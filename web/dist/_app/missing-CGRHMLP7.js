import{a}from"./chunk-ELACKQ5A.js";import"./chunk-47YFWN53.js";import"./chunk-7YYRPDQQ.js";import"./chunk-GVDKKD5T.js";import"./chunk-Q2WTKXWP.js";export{a as default};
