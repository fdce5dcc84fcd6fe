using System.Net;

namespace TrafficCtl.Cli.Asking;

/// <summary>An answer of something that is no daemon of this version.</summary>
internal sealed class ForeignAnswerException(HttpStatusCode status) : Exception("the answer is none of gRPC")
{
    public HttpStatusCode Status => status;
}
