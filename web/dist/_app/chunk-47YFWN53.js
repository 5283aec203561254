import{S as e,c as t}from"./chunk-7YYRPDQQ.js";function u(i){t(()=>{document.title=i?`${e(i).slice(0,80)} \xB7 Quire`:"Quire"},[i])}export{u as a};
