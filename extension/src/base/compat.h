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
#include "utils/wait_event.h"

/* 16 moved VARDATA_ANY() and its like out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* libpq/libpq.h declares it, and needs the headers of Kerberos for that. */
extern bool pq_check_connection(void);

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

/* 17 wants the relation itself (pg_depend.c). */
#if PG_VERSION_NUM >= 170000
#define IdentitySequence(rel, attno) getIdentitySequence((rel), (attno), true)
#else
#define IdentitySequence(rel, attno) getIdentitySequence(RelationGetRelid(rel), (attno), true)
#endif

/* 16 made one function of all the pg_*_ownercheck() (aclchk.c). */
#if PG_VERSION_NUM >= 160000
#define OwnsDatabase(database, user)   object_ownercheck(DatabaseRelationId, (database), (user))
#define OwnsExtension(extension, user) object_ownercheck(ExtensionRelationId, (extension), (user))
#else
#define OwnsDatabase(database, user)   pg_database_ownercheck((database), (user))
#define OwnsExtension(extension, user) pg_extension_ownercheck((extension), (user))
#endif

/* 17 lets extensions name what they wait for (wait_event.c). */
#if PG_VERSION_NUM >= 170000
#define DEFINE_WAIT_EVENT(function, name)        \
	static inline uint32 function(void)          \
	{                                            \
		static uint32 event = 0;                 \
                                                 \
		if (event == 0)                          \
			event = WaitEventExtensionNew(name); \
		return event;                            \
	}
#else
#define DEFINE_WAIT_EVENT(function, name) \
	static inline uint32 function(void)   \
	{                                     \
		return PG_WAIT_EXTENSION;         \
	}
#endif

DEFINE_WAIT_EVENT(WaitEventFlush, "CommentaryFlush")
DEFINE_WAIT_EVENT(WaitEventStagingRoom, "CommentaryStagingRoom")
DEFINE_WAIT_EVENT(WaitEventFlusherLock, "CommentaryFlusherLock")
DEFINE_WAIT_EVENT(WaitEventFlusherMain, "CommentaryFlusherMain")
DEFINE_WAIT_EVENT(WaitEventLauncherMain, "CommentaryLauncherMain")
DEFINE_WAIT_EVENT(WaitEventFlusherStop, "CommentaryFlusherStop")

#endif /* COMMENTARY_COMPAT_H */
