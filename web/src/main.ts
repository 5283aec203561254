/** The dashboard begins. */
import "./app.js";
