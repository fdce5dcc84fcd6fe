using Google.Protobuf.Reflection;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands on an endpoint: which call of the contract it answers.</summary>
/// <param name="Rpc">The call.</param>
internal sealed record HttpRoute(MethodDescriptor Rpc);
