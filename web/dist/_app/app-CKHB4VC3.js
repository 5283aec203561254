import"./chunk-HRMJEXIQ.js";
