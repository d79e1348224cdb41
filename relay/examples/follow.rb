#!/usr/bin/env ruby
# Follows a match in Ruby: ruby follow.rb https://relay.example 7

require 'json'
require 'net/http'

$stdout.sync = true

def show(event)
  puts "#{event['minute']} #{event['op']} #{event['message']}" if event['type'] == 'commentary'
end

# Calls the block with field and value of each line, until the connection is lost.
def each_field(uri, last)
  rest = +''
  request = Net::HTTP::Get.new(uri, 'Last-Event-ID' => last, 'Accept-Encoding' => 'identity')
  Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https') do |http|     # read_timeout is 60 s
    http.request(request) do |answer|
      answer.read_body do |part|
        rest << part
        yield(*rest.slice!(/.*\n/).force_encoding('UTF-8').chomp.split(': ', 2)) while rest.include?("\n")
      end
    end
  end
rescue SystemCallError, SocketError, IOError, Timeout::Error, Net::ProtocolError => e
  warn "lost: #{e.message}"
end

last = ''
loop do
  each_field(URI("#{ARGV[0]}/matches/#{ARGV[1]}/events?history=50"), last) do |field, value|
    last = value if field == 'id'
    show(JSON.parse(value)) if field == 'data'
  end
  sleep 2 # it resumes behind the last one
end
