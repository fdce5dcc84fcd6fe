using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>This test program as a version of a service: it answers every request with its name.</summary>
/// <remarks>It runs before the test program has begun, so with one thread and nothing but sockets.</remarks>
internal static class VersionRole
{
    private const string Role = "--serve-as";

    /// <summary>A program that is the version.</summary>
    /// <param name="version">Its name.</param>
    /// <param name="log">The file that each of its processes is entered in.</param>
    public static string Script(string version, string log) =>
        $"#!/bin/sh\necho $$ {version} >> '{log}'\nexec '{Environment.ProcessPath}' {Role} {version} \"$@\"\n";

    [ModuleInitializer]
    internal static void Begin()
    {
        var words = Environment.GetCommandLineArgs();
        if (Array.IndexOf(words, Role) is var at and > 0) Serve(words[at + 1], words[^1]);
    }

    private static void Serve(string version, string url)
    {
        var listener = new TcpListener(IPAddress.Loopback, int.Parse(url[(url.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        listener.Start();
        var answer = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Length: {version.Length}\r\nConnection: close\r\n\r\n{version}");
        var buffer = new byte[4096];
        while (true)
        {
            using var client = listener.AcceptTcpClient();
            client.ReceiveTimeout = 500;
            try
            {
                if (client.Client.Receive(buffer) > 0) client.Client.Send(answer);
            }
            catch (SocketException)
            {
                // A connection on which nothing is said holds up nobody for long.
            }
        }
    }
}
