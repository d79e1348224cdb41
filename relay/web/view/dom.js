/*
 * The two things that the page needs of the DOM: to make elements whose text is
 * always text (commentary holds HTML and odd characters, and nothing here ever
 * parses it), and to keep a list in step with its items by touching no more
 * than what changed.
 */

/*
 * element('p.message', 'text', { dir: 'auto' }, child, …): strings become text,
 * nodes children, plain objects attributes; null and false are left out.
 */
export function element(name, ...parts) {
    const [tag, ...classes] = name.split('.');
    const node = document.createElement(tag);
    if (classes.length > 0)
        node.className = classes.join(' ');
    for (const part of parts)
        add(node, part);
    return node;
}

/*
 * The same for a text that others wrote: only ever text, whatever it is, and in a direction
 * of its own (`dir`), so that nothing in it turns round what stands beside it.
 */
export function written(name, text) {
    return element(name, text === undefined || text === null ? null : String(text),
        { dir: 'auto' });
}

function add(node, part) {
    if (part === null || part === false || part === undefined || part === '')
        return;
    if (typeof part === 'string' || part instanceof Node)
        node.append(part);
    else
        setAttributes(node, part);
}

/* null and undefined remove an attribute. */
export function setAttributes(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined)
            node.removeAttribute(name);
        else if (node.getAttribute(name) !== String(value))
            node.setAttribute(name, value);
    }
}

/* Writing the same text again would make screen readers say it again. */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}

/*
 * A parent element whose children are made from items. build(item) makes the element of one;
 * an item that is not the same as the one shown is built anew. Unless isSame says otherwise,
 * only the very object is the same.
 */
export class KeyedList {
    #parent;
    #build;
    #isSame;
    #shown = new Map();

    constructor(parent, build, isSame = Object.is) {
        this.#parent = parent;
        this.#build = build;
        this.#isSame = isSame;
    }

    /* items: [key, item] pairs in the order to show. */
    render(items) {
        this.#drop(new Set(items.map(([key]) => key)));
        let next = this.#parent.firstElementChild;
        for (const [key, item] of items) {
            const old = this.#shown.get(key);
            const node = old && this.#isSame(old.item, item) ? old.node : this.#build(item);
            if (old && old.node !== node) {
                next = next === old.node ? node : next;
                old.node.replaceWith(node);
            }
            if (node === next)
                next = next.nextElementSibling;
            else
                this.#parent.insertBefore(node, next);
            this.#shown.set(key, { node, item });
        }
    }

    #drop(keys) {
        for (const [key, { node }] of this.#shown) {
            if (keys.has(key))
                continue;
            this.#shown.delete(key);
            node.remove();
        }
    }
}

/*
 * When a match begins afresh, as after the lines that came with the document, its entries are
 * other objects that say the same. Rows that were all built anew would lose the focus and the
 * place of the reader.
 */
export function saysTheSame(one, other) {
    return one === other || JSON.stringify(one) === JSON.stringify(other);
}
