using System.Text;
using Microsoft.AspNetCore.Http;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>A <see cref="ListServicesResponse"/> that is sent status by status.</summary>
internal sealed class ServiceListResult(IAsyncEnumerable<ServiceStatus> statuses) : IResult
{
    private const int PieceBytes = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, stop) = (httpContext.Response, httpContext.RequestAborted);
        Messages.Begin(response, StatusCodes.Status200OK, "application/json");
        using var piece = new MemoryStream(2 * PieceBytes);
        // An empty one as it is written in full, up to its list's end.
        var (head, tail) = (Messages.Format(new ListServicesResponse())[..^2], "]}");
        Write(piece, head);
        var isFirst = true;
        await foreach (var status in statuses.WithCancellation(stop))
        {
            if (!isFirst) Write(piece, ",");
            isFirst = false;
            Write(piece, Messages.Format(status));
            if (piece.Length < PieceBytes) continue;
            await SendAsync(piece, response, stop);
        }

        Write(piece, tail);
        await SendAsync(piece, response, stop);
    }

    private static void Write(MemoryStream piece, string text) => piece.Write(Encoding.UTF8.GetBytes(text));

    private static async Task SendAsync(MemoryStream piece, HttpResponse response, CancellationToken stop)
    {
        await response.Body.WriteAsync(piece.GetBuffer().AsMemory(0, (int)piece.Length), stop);
        piece.SetLength(0);
    }
}
