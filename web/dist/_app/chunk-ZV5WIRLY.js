import{T as e,c as t}from"./chunk-IRBRRL2P.js";function u(i){t(()=>{document.title=i?`${e(i).slice(0,80)} \xB7 Quire`:"Quire"},[i])}export{u as a};
