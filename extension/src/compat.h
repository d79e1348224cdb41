/*
 * compat.h
 *		What differs between PostgreSQL 15 and 18, and nowhere else.
 */
#ifndef COMMENTARY_COMPAT_H
#define COMMENTARY_COMPAT_H

#include "access/genam.h"
#include "catalog/pg_extension.h"
#include "executor/executor.h"
#include "storage/proc.h"
#include "utils/rel.h"

/* 17 gave backends a number of their own, apart from the PGPROC (proc.h). */
#if PG_VERSION_NUM >= 170000
#define MyProcSlot() ((int) MyProcNumber)
#else
#define MyProcSlot() (MyProc->pgprocno)
#endif

/* 16 added onlySummarizing (execIndexing.c). */
#if PG_VERSION_NUM >= 160000
#define InsertIndexTuples(rri, slot, estate) \
	ExecInsertIndexTuples((rri), (slot), (estate), false, false, NULL, NIL, false)
#else
#define InsertIndexTuples(rri, slot, estate) \
	ExecInsertIndexTuples((rri), (slot), (estate), false, false, NULL, NIL)
#endif

/* 18 asks whether a deferrable key will do (relcache.c). */
#if PG_VERSION_NUM >= 180000
#define PrimaryKeyIndex(rel) RelationGetPrimaryKeyIndex((rel), false)
#else
#define PrimaryKeyIndex(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 16 made one function of all the pg_*_ownercheck() (aclchk.c). */
#if PG_VERSION_NUM >= 160000
#define OwnsDatabase(database, user)   object_ownercheck(DatabaseRelationId, (database), (user))
#define OwnsExtension(extension, user) object_ownercheck(ExtensionRelationId, (extension), (user))
#else
#define OwnsDatabase(database, user)   pg_database_ownercheck((database), (user))
#define OwnsExtension(extension, user) pg_extension_ownercheck((extension), (user))
#endif

#endif /* COMMENTARY_COMPAT_H */
