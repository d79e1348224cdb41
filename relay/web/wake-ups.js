/*
 * When a browser says that the network may be back, or may be gone, or that the page awoke: then
 * the client looks at once, instead of after its silence. Elsewhere nothing says so.
 */

export function wakeUps(onWake) {
    const target = globalThis.document ? globalThis : null;
    const look = () => document.hidden || onWake();
    for (const type of ['online', 'offline', 'pageshow'])
        target?.addEventListener(type, look);
    target?.document.addEventListener('visibilitychange', look);
    return () => {
        for (const type of ['online', 'offline', 'pageshow'])
            target?.removeEventListener(type, look);
        target?.document.removeEventListener('visibilitychange', look);
    };
}
