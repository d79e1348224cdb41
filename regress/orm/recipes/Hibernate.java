// Java: Hibernate, with the key (match_id, client_ref), and JDBC's batches below it.
import java.io.Serializable;
import java.util.Objects;
import javax.persistence.Column;
import javax.persistence.Entity;
import javax.persistence.Id;
import javax.persistence.IdClass;
import javax.persistence.Table;
import org.hibernate.JDBCException;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.annotations.Proxy;
import org.hibernate.cfg.Configuration;

public class Hibernate {
    static final long MATCH = Long.parseLong(System.getenv("MATCH"));
    static SessionFactory factory;

    public static class Key implements Serializable {
        public long matchId;
        public String clientRef;

        public Key() {}

        public Key(long matchId, String clientRef) {
            this.matchId = matchId;
            this.clientRef = clientRef;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key && ((Key) other).matchId == matchId && ((Key) other).clientRef.equals(clientRef);
        }

        @Override
        public int hashCode() {
            return Objects.hash(matchId, clientRef);
        }
    }

    @Entity
    @Proxy(lazy = false) // a line is loaded whole: no class is made at run time, which newer Javas restrict
    @Table(schema = "commentary", name = "feed")
    @IdClass(Key.class)
    public static class Line {
        @Id @Column(name = "match_id") public long matchId;
        @Id @Column(name = "client_ref") public String clientRef;
        @Column(insertable = false, updatable = false) public Long seq; // read only
        @Column public String kind; // null: a comment
        @Column public Integer minute;
        @Column public String actor;
        @Column public String message;

        public Line() {}

        public Line(String clientRef, Integer minute, String actor, String message) {
            this.matchId = MATCH;
            this.clientRef = clientRef;
            this.minute = minute;
            this.actor = actor;
            this.message = message;
        }
    }

    interface Work {
        void in(Session session) throws Exception;
    }

    static void transaction(Work work) throws Exception {
        Session session = factory.openSession();
        try {
            session.beginTransaction();
            work.in(session);
            session.getTransaction().commit();
        } catch (Exception e) {
            session.getTransaction().rollback();
            throw e;
        } finally {
            session.close();
        }
    }

    static Line find(Session session, String clientRef) {
        return (Line) session.get(Line.class, new Key(MATCH, clientRef));
    }

    static void require(boolean condition, String what) {
        if (!condition)
            throw new IllegalStateException(what);
    }

    static void connect() {
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        factory = new Configuration().addAnnotatedClass(Line.class)
            .setProperty("hibernate.connection.url", url)
            .setProperty("hibernate.connection.username", System.getenv("PGUSER"))
            .setProperty("hibernate.connection.password", "")
            .setProperty("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect")
            .setProperty("hibernate.jdbc.batch_size", "20").buildSessionFactory();
    }

    public static void main(String[] arguments) throws Exception {
        connect();
        transaction(session -> {
            Line goal = new Line("line-1", 12, "A. Striker", "Goal!");
            session.persist(goal);
            session.persist(new Line("line-2", 12, null, "Oops"));
            session.flush();
            require(goal.seq == null, "numbered before the COMMIT");
            goal.minute = 13; // in the transaction that inserts it
        });
        transaction(session -> {
            Line goal = find(session, "line-1");
            require(goal.seq > 0, "not numbered");
            goal.actor = null;
            goal.message = "Goal! A header.";
            session.delete(find(session, "line-2"));
        });
        // What a form sends back unchanged: a SELECT, and no UPDATE.
        transaction(session -> session.merge(new Line("line-1", 13, null, "Goal! A header.")));
        try {
            transaction(session -> session.persist(new Line("line-3", -1, null, "too early")));
            throw new IllegalStateException("a line that has no minute");
        } catch (JDBCException e) {
            require(e.getSQLState().equals("22003"), "another error: " + e.getSQLState());
        }
        factory.close();
    }
}
