// Public, since a conformance is as visible as the type and the protocol.
public import ArgumentParser
public import Evaluation

extension ThresholdRule: ExpressibleByArgument {}
