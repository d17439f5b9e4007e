package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Ports;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The mosquitto broker as a child process, on machines that have it installed.
 *
 * <p>Sessions, retained and queued messages survive {@link #restart()}, which ends mosquitto by SIGTERM. There is
 * deliberately no kill: a mosquitto that is killed loses messages it has acknowledged, which would look like the
 * bridge's fault. Queues are not limited and messages in flight are limited by the client's receive maximum only,
 * unless the builder says otherwise.
 *
 * <p>Thread-safe.
 */
public final class MosquittoBroker implements MqttBroker {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Pattern VERSION = Pattern.compile("version (\\d+(?:\\.\\d+)*)");

    private final TempDirectory directory;
    private final Path executable;
    private final int port;
    private final boolean tls;
    private @Nullable ChildProcess process;

    private MosquittoBroker(TempDirectory directory, Path executable, int port, boolean tls) {
        this.directory = directory;
        this.executable = executable;
        this.port = port;
        this.tls = tls;
    }

    /** Returns whether mosquitto is installed, that is, on the PATH or where Linux distributions put servers. */
    public static boolean available() {
        return executable().isPresent();
    }

    /**
     * Returns the version of the mosquitto that is installed, such as {@code 2.0.22}, so that a test can be skipped that needs
     * a later one.
     *
     * @throws IllegalStateException if mosquitto is not installed, or does not tell
     */
    public static String version() {
        Path executable = executable()
                .orElseThrow(() -> new IllegalStateException("mosquitto is not installed or not on the PATH"));
        try {
            Process process = new ProcessBuilder(executable.toString(), "-h")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(said);
            if (!version.find()) {
                throw new IllegalStateException("mosquitto -h does not tell the version: " + said);
            }
            return version.group(1);
        } catch (IOException e) {
            throw new IllegalStateException("mosquitto -h could not be run", e);
        }
    }

    /**
     * Starts a broker with the defaults and returns when it accepts clients.
     *
     * @throws IllegalStateException if mosquitto is not installed
     */
    public static MosquittoBroker start() {
        return builder().start();
    }

    /** Returns a builder for a broker that needs more than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int port() {
        return port;
    }

    /** {@inheritDoc} With TLS it starts with {@code ssl://}. */
    @Override
    public String serverUri() {
        return (tls ? "ssl://" : "tcp://") + host() + ":" + port;
    }

    /** Freezes the broker (SIGSTOP): connections stay open, and nothing answers. */
    public synchronized void pause() {
        running().pause();
    }

    /** Lets a frozen broker go on (SIGCONT). */
    public synchronized void resume() {
        running().resume();
    }

    /**
     * Ends the broker without giving it a chance to notice (SIGKILL): it keeps what it has last saved, nothing at first. {@link
     * #restart()} starts it again.
     */
    public synchronized void kill() {
        running().kill();
        process = null;
    }

    /** {@inheritDoc} It is asked to end by SIGTERM; a frozen broker is woken for it. */
    @Override
    public synchronized void stop() {
        ChildProcess ending = process;
        if (ending != null) {
            process = null;
            ending.terminate();
        }
    }

    @Override
    public synchronized void restart() {
        stop();
        ChildProcess starting = ChildProcess.start(
                List.of(
                        executable.toString(),
                        "-c",
                        directory.resolve("mosquitto.conf").toString()),
                Map.of(),
                directory.resolve("mosquitto.out"));
        process = starting;
        if (!Ports.awaitListening(port, START_TIMEOUT, () -> !starting.isAlive())) {
            throw new IllegalStateException("mosquitto did not start. Its output ends:\n" + starting.outputTail());
        }
    }

    @Override
    public synchronized void close() {
        try {
            if (process != null) {
                running().kill();
                process = null;
            }
        } finally {
            directory.close();
        }
    }

    private ChildProcess running() {
        ChildProcess running = process;
        if (running == null) {
            throw new IllegalStateException("The broker is not running");
        }
        return running;
    }

    private static Optional<Path> executable() {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        // users other than root often lack the folder for servers in their PATH
        return Stream.concat(Stream.of(path.split(File.pathSeparator)), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder, "mosquitto"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {

        private static final int PASSWORD_ITERATIONS = 101;
        private static final int PASSWORD_SALT_BYTES = 12;
        private static final int PASSWORD_HASH_BITS = 512;

        private final Map<String, String> users = new LinkedHashMap<>();
        private final List<String> extraLines = new ArrayList<>();
        private final List<String> tlsLines = new ArrayList<>();
        private @Nullable Path persistenceDirectory;
        private int maxInflightMessages;

        private Builder() {}

        /**
         * Keeps the broker's data in this existing folder, which {@link #close()} leaves alone. Default: a temporary
         * folder.
         */
        public Builder persistenceDirectory(Path directory) {
            this.persistenceDirectory = directory;
            return this;
        }

        /**
         * Sets {@code max_inflight_messages}: how many QoS 1 and 2 messages may be under way to each client and, as the
         * broker's receive maximum, from it. Default: 0, which means no limit.
         *
         * @throws IllegalArgumentException if it is not within 0 to 65535
         */
        public Builder maxInflightMessages(int maxInflightMessages) {
            if (maxInflightMessages < 0 || maxInflightMessages > 65_535) {
                throw new IllegalArgumentException(
                        "maxInflightMessages must be within 0 to 65535, but is " + maxInflightMessages);
            }
            this.maxInflightMessages = maxInflightMessages;
            return this;
        }

        /** Adds a user. As soon as there is one, clients without a user name and the right password are refused. */
        public Builder user(String name, String password) {
            users.put(name, password);
            return this;
        }

        /**
         * Makes the listener speak TLS.
         *
         * @param authority the PEM certificate that client certificates are checked against, if they are asked for
         * @param certificate the broker's PEM certificate
         * @param key its PEM private key, not encrypted
         */
        public Builder tls(Path authority, Path certificate, Path key) {
            tlsLines.clear();
            tlsLines.add("cafile " + authority);
            tlsLines.add("certfile " + certificate);
            tlsLines.add("keyfile " + key);
            return this;
        }

        /**
         * Adds a line to the end of mosquitto.conf, where it belongs to the listener or is global, as its option is.
         */
        public Builder configLine(String line) {
            extraLines.add(line);
            return this;
        }

        /**
         * Starts the broker and returns when it accepts clients.
         *
         * @throws IllegalStateException if mosquitto is not installed or does not start
         */
        public MosquittoBroker start() {
            Path executable = executable()
                    .orElseThrow(() -> new IllegalStateException("mosquitto is not installed or not on the PATH"));
            int port = Ports.free();
            TempDirectory directory = TempDirectory.create("mosquitto-");
            MosquittoBroker broker = new MosquittoBroker(directory, executable, port, !tlsLines.isEmpty());
            try {
                directory.write("mosquitto.conf", String.join("\n", configuration(directory, port)) + "\n");
                broker.restart();
                return broker;
            } catch (RuntimeException | Error e) {
                broker.close();
                throw e;
            }
        }

        private List<String> configuration(TempDirectory directory, int port) {
            Path persistence = persistenceDirectory != null ? persistenceDirectory : directory.folder("data");
            List<String> lines = new ArrayList<>();
            // else a mosquitto started by root becomes another user, who may not read the temporary folder
            lines.add("user " + System.getProperty("user.name"));
            lines.add("persistence true");
            // mosquitto puts the file name right behind this
            lines.add("persistence_location " + persistence + "/");
            lines.add("max_inflight_messages " + maxInflightMessages);
            lines.add("max_queued_messages 0");
            lines.add("set_tcp_nodelay true");
            lines.add("listener " + port + " " + Ports.LOOPBACK);
            if (users.isEmpty()) {
                lines.add("allow_anonymous true");
            } else {
                lines.add("allow_anonymous false");
                lines.add("password_file " + directory.write("passwords", passwordFile()));
            }
            lines.addAll(tlsLines);
            lines.addAll(extraLines);
            return lines;
        }

        private String passwordFile() {
            StringBuilder file = new StringBuilder();
            users.forEach((name, password) ->
                    file.append(name).append(':').append(hash(password)).append('\n'));
            return file.toString();
        }

        // the format mosquitto_passwd writes, which need not be installed
        private static String hash(String password) {
            byte[] salt = new byte[PASSWORD_SALT_BYTES];
            new SecureRandom().nextBytes(salt);
            PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, PASSWORD_ITERATIONS, PASSWORD_HASH_BITS);
            try {
                byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                        .generateSecret(spec)
                        .getEncoded();
                Base64.Encoder base64 = Base64.getEncoder();
                return "$7$" + PASSWORD_ITERATIONS + "$" + base64.encodeToString(salt) + "$"
                        + base64.encodeToString(hash);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("This JDK cannot hash passwords the way mosquitto does", e);
            }
        }
    }
}
