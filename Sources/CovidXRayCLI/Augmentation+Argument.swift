// Public, since a conformance is as visible as the type and the protocol.
public import ArgumentParser
public import CovidXRay

extension Augmentation: ExpressibleByArgument {}
extension FilmViews: ExpressibleByArgument {}
