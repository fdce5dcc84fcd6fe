using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>
/// A server in a process of its own: this test program in a role. It answers 200, or 503 while the file <c>sick</c> is in its directory.
/// </summary>
/// <remarks>It runs before the test program has begun, so with one thread and nothing but sockets.</remarks>
internal static class Workload
{
    public static void Serve(string directory)
    {
        var url = Environment.GetCommandLineArgs().Single(static a => a.StartsWith("http://", StringComparison.Ordinal));
        var listener = new TcpListener(IPAddress.Loopback, int.Parse(url[(url.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        listener.Start();
        var silent = new List<TcpClient>();
        var buffer = new byte[4096];
        while (true)
        {
            var client = listener.AcceptTcpClient();
            client.ReceiveTimeout = 200;
            try
            {
                if (client.Client.Receive(buffer) > 0)
                {
                    var head = File.Exists(Path.Combine(directory, "sick")) ? "503 Service Unavailable" : "200 OK";
                    client.Client.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                }

                client.Dispose();
            }
            catch (SocketException)
            {
                // Somebody who says nothing yet: a connection that a drain waits for.
                silent.Add(client);
            }
        }
    }
}
