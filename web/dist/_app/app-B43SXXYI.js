import"./chunk-X7D2WSM5.js";
