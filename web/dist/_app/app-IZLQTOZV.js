import"./chunk-LZIICWQA.js";
