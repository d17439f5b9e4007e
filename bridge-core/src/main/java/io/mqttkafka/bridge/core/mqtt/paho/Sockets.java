package io.mqttkafka.bridge.core.mqtt.paho;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;

/** Socket factories that show each socket they make, so that it can be closed over Paho's head. */
final class Sockets {
    /** Hears of each socket before it is connected. */
    interface Made {
        void accept(Socket socket) throws IOException;
    }

    private Sockets() {}

    static SocketFactory plain(Made made) {
        return new Plain(SocketFactory.getDefault(), made);
    }

    static SSLSocketFactory tls(SSLSocketFactory factory, Made made) {
        return new Tls(factory, made);
    }

    private static Socket show(Socket socket, Made made) throws IOException {
        socket.setTcpNoDelay(true);
        made.accept(socket);
        return socket;
    }

    private static final class Plain extends SocketFactory {
        private final SocketFactory factory;
        private final Made made;

        Plain(SocketFactory factory, Made made) {
            this.factory = factory;
            this.made = made;
        }

        @Override
        public Socket createSocket() throws IOException {
            return show(factory.createSocket(), made);
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return show(factory.createSocket(host, port), made);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return show(factory.createSocket(host, port, local, localPort), made);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return show(factory.createSocket(host, port), made);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return show(factory.createSocket(host, port, local, localPort), made);
        }
    }

    private static final class Tls extends SSLSocketFactory {
        private final SSLSocketFactory factory;
        private final Made made;

        Tls(SSLSocketFactory factory, Made made) {
            this.factory = factory;
            this.made = made;
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return factory.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return factory.getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket() throws IOException {
            return show(factory.createSocket(), made);
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return show(factory.createSocket(socket, host, port, autoClose), made);
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return show(factory.createSocket(host, port), made);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return show(factory.createSocket(host, port, local, localPort), made);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return show(factory.createSocket(host, port), made);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return show(factory.createSocket(host, port, local, localPort), made);
        }
    }
}
