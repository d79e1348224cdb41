/*
 * The page uses the DOM for two things. It makes elements from plain text: commentary may
 * contain HTML and odd characters, and nothing here ever parses it. And it updates
 * a list of elements when its items change, and touches only what has changed.
 */

/*
 * element('p.message', 'text', { dir: 'auto' }, child, …): strings become text, nodes become
 * children, and plain objects become attributes; null and false are left out.
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
 * The same for a text that others wrote. It is always plain text, and has its own direction
 * (`dir`), so that it cannot change the direction of the text beside it.
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

/* Does not write the same text again, or screen readers would read it again. */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}

/*
 * A parent element whose children are made from items. build(item) makes the element of an item.
 * If the item of a key has changed, its element is made again. isSame(one, other) says whether it has
 * changed; by default an item is the same only if it is the same object.
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
 * For items that are compared by content. When a match begins afresh, also after the lines that came
 * with the document, its entries are new objects with the same content. If all rows were made again,
 * the focus and the reader's place would be lost.
 */
export function saysTheSame(one, other) {
    return one === other || JSON.stringify(one) === JSON.stringify(other);
}
