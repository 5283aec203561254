import"./chunk-SDG7CE5P.js";
