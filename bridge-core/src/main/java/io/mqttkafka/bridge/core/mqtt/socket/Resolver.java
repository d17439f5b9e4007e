package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Finds the addresses of host names. That cannot be interrupted and can take minutes, so it happens on threads of its own: one
 * for each name that is being looked up, and no more than a few. Thread-safe.
 */
final class Resolver {
    private static final int MOST_AT_ONCE = 8;

    /** What is being looked up; guarded by this. */
    private final Map<String, CompletableFuture<List<InetAddress>>> underWay = new HashMap<>();

    /**
     * Looks a name up.
     *
     * @param host a host name or an IP address
     * @return its addresses, in the order to try them; or an {@link IOException}
     */
    synchronized CompletableFuture<List<InetAddress>> find(String host) {
        if (isAddress(host)) {
            return lookUp(host);
        }
        CompletableFuture<List<InetAddress>> already = underWay.get(host);
        if (already != null) {
            return already;
        }
        if (underWay.size() >= MOST_AT_ONCE) {
            return CompletableFuture.failedFuture(
                    new IOException("the name server does not answer for " + MOST_AT_ONCE + " other names"));
        }
        CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
        underWay.put(host, found);
        Thread thread = new Thread(
                () -> {
                    CompletableFuture<List<InetAddress>> result;
                    try {
                        result = lookUp(host);
                    } catch (RuntimeException | Error e) {
                        result = CompletableFuture.failedFuture(e);
                    }
                    synchronized (this) {
                        underWay.remove(host);
                    }
                    result.whenComplete((addresses, failure) -> {
                        if (failure == null) {
                            found.complete(addresses);
                        } else {
                            found.completeExceptionally(failure);
                        }
                    });
                },
                "bridge-mqtt-resolver");
        thread.setDaemon(true);
        thread.start();
        return found;
    }

    /** No name server is asked for these. */
    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private static CompletableFuture<List<InetAddress>> lookUp(String host) {
        try {
            return CompletableFuture.completedFuture(inTurn(InetAddress.getAllByName(host)));
        } catch (UnknownHostException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** IPv6 and IPv4 in turn, the one that comes first first: a network that has lost one of them costs one attempt. */
    static List<InetAddress> inTurn(InetAddress... addresses) {
        List<InetAddress> first = new ArrayList<>();
        List<InetAddress> second = new ArrayList<>();
        for (InetAddress address : addresses) {
            boolean same = address instanceof Inet6Address == addresses[0] instanceof Inet6Address;
            (same ? first : second).add(address);
        }
        List<InetAddress> mixed = new ArrayList<>();
        Iterator<InetAddress> other = second.iterator();
        for (InetAddress address : first) {
            mixed.add(address);
            if (other.hasNext()) {
                mixed.add(other.next());
            }
        }
        other.forEachRemaining(mixed::add);
        return mixed;
    }
}
