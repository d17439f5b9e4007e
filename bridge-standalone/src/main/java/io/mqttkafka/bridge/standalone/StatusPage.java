package io.mqttkafka.bridge.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The page for people: one file, which needs nothing from elsewhere, and what a browser may do with it. */
final class StatusPage {
    private static final byte[] HTML = read();
    private static final String POLICY = "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none';"
            + " form-action 'none'; frame-ancestors 'none'; script-src " + hash("script") + "; style-src "
            + hash("style");

    private StatusPage() {}

    static byte[] html() {
        return HTML;
    }

    /** The Content-Security-Policy: no script and no style but those of the page. */
    static String policy() {
        return POLICY;
    }

    private static byte[] read() {
        try (InputStream page = StatusPage.class.getResourceAsStream("status.html")) {
            return Objects.requireNonNull(page, "status.html").readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String element) {
        Matcher inline = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL)
                .matcher(new String(HTML, StandardCharsets.UTF_8));
        if (!inline.find()) {
            throw new IllegalStateException("status.html has no " + element);
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(inline.group(1).getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
