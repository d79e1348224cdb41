/*
 * A match in React 18 or later: npm install commentary-client
 *
 *     const client = new Commentary('wss://relay.example/ws');     // one for the page, outside of components
 *     client.connect();
 *     <Match client={client} id={7} />
 */

import { useEffect, useState } from 'react';

/* Its lines, oldest first, its state, and the error that has ended it. */
export function useMatch(client, id, history = 50) {
    const [shown, setShown] = useState({ entries: [], state: null, error: null });
    useEffect(() => {
        const match = client.subscribe(id, { history });
        const show = () => setShown({ entries: match.entries, state: match.state, error: match.error });
        for (const event of ['subscribed', 'entry', 'state', 'end'])
            match.on(event, show);
        return () => match.unsubscribe();
    }, [client, id, history]);
    return shown;
}

export function Match({ client, id }) {
    const { entries, state, error } = useMatch(client, id);
    if (error)
        return <p role="alert">{error.message}</p>;
    return (
        <section>
            <h2>{state?.home} {state?.home_score}–{state?.away_score} {state?.away}</h2>
            <ol reversed>
                {[...entries].reverse().map(({ seq, minute, message }) =>
                    <li key={seq} dir="auto">{minute} {message}</li>)}
            </ol>
        </section>
    );
}
