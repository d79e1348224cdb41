// Java: JDBC, with a batch, JSON, an array, and what RETURNING gives.
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;

public class Jdbc {
    static final long MATCH = Long.parseLong(System.getenv("MATCH"));
    static final String INSERT =
        "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (?, ?, ?, ?, ?)";

    static void require(boolean condition, String what) {
        if (!condition)
            throw new IllegalStateException(what);
    }

    static void one(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                if (values[i] == null)
                    statement.setNull(i + 1, Types.VARCHAR);
                else
                    statement.setObject(i + 1, values[i]);
            }
            require(statement.executeUpdate() == 1, "not one row: " + sql);
        }
    }

    static void add(PreparedStatement batch, String clientRef, int minute, String actor, String message) throws SQLException {
        batch.setLong(1, MATCH);
        batch.setString(2, clientRef);
        batch.setInt(3, minute);
        batch.setString(4, actor);
        batch.setString(5, message);
        batch.addBatch();
    }

    static void publish(Connection db) throws SQLException {
        try (PreparedStatement batch = db.prepareStatement(INSERT)) {
            add(batch, "line-1", 12, "A. Striker", "Goal!");
            add(batch, "line-2", 12, null, "Oops");
            for (int rows : batch.executeBatch())
                require(rows == 1, "a batch of " + rows);
        }
        one(db, "UPDATE commentary.feed SET minute = ? WHERE match_id = ? AND client_ref = ?", 13, MATCH, "line-1");
        db.commit();
    }

    static void edit(Connection db) throws SQLException {
        for (int i = 0; i < 2; i++) // the second time nothing changes: it counts its row, and writes none
            one(db, "UPDATE commentary.feed SET actor = ?, message = ? WHERE match_id = ? AND client_ref = ?",
                null, "Goal! A header.", MATCH, "line-1");
        one(db, "DELETE FROM commentary.feed WHERE match_id = ? AND client_ref = ?", MATCH, "line-2");
        db.commit();
    }

    // JSON is Types.OTHER, or "?::jsonb": as a plain string it is an error of types (42804).
    static void typed(Connection db) throws SQLException {
        String sql = "INSERT INTO commentary.feed (match_id, client_ref, message, metadata, tags) VALUES (?, ?, ?, ?, ?)";
        try (PreparedStatement insert = db.prepareStatement(sql, new String[] {"seq", "created_at"})) {
            insert.setLong(1, MATCH);
            insert.setString(2, "line-3");
            insert.setString(3, "It is taken back before the COMMIT");
            insert.setObject(4, "{\"xg\": 0.2}", Types.OTHER);
            insert.setArray(5, db.createArrayOf("text", new String[] {"shot"}));
            require(insert.executeUpdate() == 1, "not one row");
            ResultSet row = insert.getGeneratedKeys();
            require(row.next() && row.getObject("seq") == null && row.getObject("created_at") != null, "what RETURNING gives");
        }
        db.rollback();
    }

    // A batch is one transaction: one line that is wrong, and none is written.
    static void refused(Connection db) throws SQLException {
        try (PreparedStatement batch = db.prepareStatement(INSERT)) {
            add(batch, "line-3", 14, null, "right");
            add(batch, "line-4", -1, null, "wrong");
            batch.executeBatch();
            throw new IllegalStateException("minute -1");
        } catch (BatchUpdateException e) {
            require(e.getSQLState().equals("22003") && e.getMessage().contains("minute -1 is out of range")
                    && e.getMessage().contains("Hint: "), e.getMessage());
        }
        db.rollback();
    }

    public static void main(String[] arguments) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        try (Connection db = DriverManager.getConnection(url, System.getenv("PGUSER"), "")) {
            db.setAutoCommit(false);
            publish(db);
            edit(db);
            typed(db);
            refused(db);
        }
    }
}
