/** The file of the program: what it can say, where it is wrong, and the bridge that it describes. Internal. */
@NullMarked
package io.mqttkafka.bridge.standalone.config;

import org.jspecify.annotations.NullMarked;
