export default function Login() { return <main class="page"><h1>Log in</h1></main>; }
