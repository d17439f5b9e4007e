/** The engine behind the API. Internal, but for the codecs: applications reach it through the API alone. */
@NullMarked
package io.mqttkafka.bridge.core;

import org.jspecify.annotations.NullMarked;
