package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.net.Ports;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.BindException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The sockets: listens, decodes, and runs on one thread of its own. Thread-safe. */
final class NettyFront {

    private static final int CLIENT_ID_MAX = 65_535;
    private static final long STOP_SECONDS = 10;
    private static final int BIND_ATTEMPTS = 200;
    private static final long BIND_PAUSE_MILLIS = 10;

    private final int port = Ports.free();
    private final NioEventLoopGroup loop =
            new NioEventLoopGroup(1, new DefaultThreadFactory("fake-mqtt-broker-" + port, true));
    private final int maximumPacketSize;
    private final Consumer<SocketChannel> security;
    private final VersionRule versions;
    private final ChannelGroup clients = new DefaultChannelGroup(loop.next());
    private @Nullable Channel server;

    /**
     * Creates a front that does not listen yet.
     *
     * @param security adds TLS to a channel, or does nothing
     * @param versions which clients it speaks with
     */
    NettyFront(int maximumPacketSize, Consumer<SocketChannel> security, VersionRule versions) {
        this.versions = versions;
        this.maximumPacketSize = maximumPacketSize;
        this.security = security;
    }

    int port() {
        return port;
    }

    EventExecutor executor() {
        return loop.next();
    }

    synchronized void listen(Switchboard switchboard) {
        server = bind(new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(NettyWire.CONGESTED_BYTES / 2, NettyWire.CONGESTED_BYTES))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        clients.add(channel);
                        security.accept(channel);
                        channel.pipeline()
                                .addLast(new MqttDecoder(maximumPacketSize, CLIENT_ID_MAX))
                                .addLast(new NettyWire(switchboard, channel, versions));
                    }
                })
                .localAddress(Ports.LOOPBACK, port));
    }

    // Java frees the port of a server socket that has been closed with the next turn of its selector.
    private Channel bind(ServerBootstrap bootstrap) {
        for (int attempt = 1; ; attempt++) {
            ChannelFuture bound = bootstrap.bind().awaitUninterruptibly();
            if (!(bound.cause() instanceof BindException) || attempt == BIND_ATTEMPTS) {
                return bound.syncUninterruptibly().channel();
            }
            loop.schedule(() -> {}, BIND_PAUSE_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly();
        }
    }

    /** Stops listening; connections stay. */
    synchronized void deafen() {
        Channel listening = server;
        if (listening != null) {
            server = null;
            listening.close().syncUninterruptibly();
        }
    }

    /** Waits until those connections are gone that are about to close, then closes the others. */
    void closeAll() {
        clients.newCloseFuture().awaitUninterruptibly(1, TimeUnit.SECONDS);
        clients.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }

    /** Ends the thread. */
    void shutDown() {
        loop.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
