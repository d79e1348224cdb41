// JDBC's query timeout while the flusher is paused: it ends the wait, and the row is accepted.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLWarning;
import java.sql.Statement;

public class QueryTimeout {
    static void require(boolean condition, String what) {
        if (!condition)
            throw new IllegalStateException(what);
    }

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE")
            + "?prepareThreshold=0"; // pgbouncer of Debian 12 knows no prepared statements
        try (Connection db = DriverManager.getConnection(url, System.getenv("PGUSER"), "");
             PreparedStatement insert = db.prepareStatement(
                 "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (?, ?, 'impatient')");
             Statement other = db.createStatement()) {
            insert.setLong(1, Long.parseLong(System.getenv("MATCH")));
            insert.setString(2, System.getenv("REF"));
            insert.setQueryTimeout(4); // seconds: it has to be waiting by then, on a busy machine too
            require(insert.executeUpdate() == 1, "not one row");
            SQLWarning warning = insert.getWarnings();
            require(warning != null && warning.getSQLState().equals("57014")
                    && warning.getMessage().contains("canceled the wait"), "" + warning);
            try (ResultSet row = other.executeQuery("SELECT 1")) {
                require(row.next(), "the connection is of no use");
            }
        }
    }
}
