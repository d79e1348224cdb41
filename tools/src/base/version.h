/* The version of the tools, which is that of the extension that they write to. */
#ifndef VERSION_H
#define VERSION_H

#define VERSION "1.2"

#endif
