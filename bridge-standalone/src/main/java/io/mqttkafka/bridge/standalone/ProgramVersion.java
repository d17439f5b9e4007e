package io.mqttkafka.bridge.standalone;

import picocli.CommandLine.IVersionProvider;

/** The version of the jar, for {@code --version}. */
public final class ProgramVersion implements IVersionProvider {
    /** Makes a provider, as the command line does. */
    public ProgramVersion() {}

    @Override
    public String[] getVersion() {
        String version = ProgramVersion.class.getPackage().getImplementationVersion();
        return new String[] {"${COMMAND-NAME} " + (version == null ? "(not from a jar)" : version)};
    }
}
