import{i as n}from"./chunk-GVDKKD5T.js";function a(){return n("main",{class:"page",children:n("h1",{children:"Log in"})})}export{a as default};
