using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.Proxy.Settings;

/// <summary>Asks for the addresses of a host's name.</summary>
/// <exception cref="SocketException">There is no such name, or no answer.</exception>
internal delegate Task<IPAddress[]> NameLookup(string name, CancellationToken stop);
