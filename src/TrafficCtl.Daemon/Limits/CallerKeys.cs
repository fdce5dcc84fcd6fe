using System.Net;
using System.Net.Sockets;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.Daemon.Limits;

/// <summary>Whose share of a limit a call takes.</summary>
internal static class CallerKeys
{
    /// <summary>Who was verified; else the address, because a name that is only claimed is free.</summary>
    public static string Of(Identity? identity, IPAddress? address) =>
        identity?.Name is { } name ? $"{name} ({identity.How})" : Of(address);

    /// <summary>
    /// This machine is one, whatever address of its own it uses; so is a network of IPv6, because one client has all its addresses.
    /// </summary>
    public static string Of(IPAddress? address)
    {
        if (address is null) return "the admin socket";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return "this machine";
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return $"{new IPAddress(bytes)}/64";
    }
}
